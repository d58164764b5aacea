"""Guard, skill server and planner of a real robot. Tests run it with a stand-in of `launch`.

`dds_link` connects `lowstate` and `lowcmd` to the robot's own topics in `dds_domain` on `interface`. ROS_DOMAIN_ID
must be another domain. Release the robot's built-in mode first. All ask for real-time scheduling.
"""

from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import LifecycleNode, Node

from skillblend.shipped import MODELS


def generate_launch_description() -> LaunchDescription:
    """Configure and activate `skill_server` afterwards, then arm, stand and run the guard."""
    robot, scene = LaunchConfiguration("robot"), LaunchConfiguration("scene")
    models = LaunchConfiguration("models")
    domain, interface = LaunchConfiguration("dds_domain"), LaunchConfiguration("interface")
    return LaunchDescription(
        [
            DeclareLaunchArgument("robot", default_value="h1"),
            DeclareLaunchArgument("scene", default_value="workshop"),
            DeclareLaunchArgument("models", default_value=str(MODELS)),
            DeclareLaunchArgument("dds_domain", default_value="0"),
            DeclareLaunchArgument("interface", default_value="eth0"),
            Node(
                package="skillblend_ros",
                executable="dds_link",
                parameters=[
                    {"robot": robot, "dds_domain": domain, "interface": interface, "realtime_priority": 41},
                ],
            ),
            Node(
                package="skillblend_ros",
                executable="guard",
                parameters=[{"robot": robot, "models": models, "realtime_priority": 40}],
            ),
            LifecycleNode(
                package="skillblend_ros",
                executable="skill_server",
                name="skill_server",
                namespace="",
                parameters=[{"robot": robot, "scene": scene, "models": models, "realtime_priority": 30}],
            ),
            Node(package="skillblend_ros", executable="frames", parameters=[{"robot": robot}]),
            Node(package="skillblend_ros", executable="planner", parameters=[{"robot": robot, "scene": scene}]),
        ]
    )
