"""The package as ament_python installs it; `make ros-build` installs it with pip."""

from glob import glob

from setuptools import setup

PROGRAMS = (
    "console",
    "dds_link",
    "dds_robot",
    "demo",
    "frames",
    "guard",
    "planner",
    "record",
    "sim_robot",
    "skill_server",
    "teleop",
)

setup(
    name="skillblend_ros",
    version="0.1.0",
    packages=["skillblend_ros"],
    package_data={"skillblend_ros": ["loopback.xml"]},
    data_files=[
        ("share/ament_index/resource_index/packages", ["resource/skillblend_ros"]),
        ("share/skillblend_ros", ["package.xml"]),
        ("share/skillblend_ros/launch", glob("launch/*.launch.py")),
        ("share/skillblend_ros/foxglove", glob("foxglove/*.json")),
    ],
    install_requires=["setuptools"],
    zip_safe=True,
    entry_points={"console_scripts": [f"{name} = skillblend_ros.programs:{name}" for name in PROGRAMS]},
)
