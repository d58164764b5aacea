"""The package as ament_python installs it; `make ros-build` installs it with pip."""

import ast
from glob import glob
from pathlib import Path

from setuptools import setup


def programs() -> tuple[str, ...]:
    """`PROGRAMS` of the package, read and not imported: what it needs may not be installed yet."""
    tree = ast.parse(Path(__file__).with_name("skillblend_ros").joinpath("programs.py").read_text())
    found = [node.value for node in tree.body if isinstance(node, ast.Assign) and _named(node, "PROGRAMS")]
    return tuple(ast.literal_eval(found[0]))


def _named(node: ast.Assign, name: str) -> bool:
    return any(isinstance(target, ast.Name) and target.id == name for target in node.targets)


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
        ("share/skillblend_ros/rviz", glob("rviz/*.rviz")),
        ("share/skillblend_ros/nav2", glob("nav2/*.yaml")),
    ],
    install_requires=["setuptools"],
    zip_safe=True,
    entry_points={"console_scripts": [f"{name} = skillblend_ros.programs:{name}" for name in programs()]},
)
