"""Simulated robot, guard, skill server and planner. Tests run it with a stand-in of `launch`."""

from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import LifecycleNode, Node
from launch_ros.parameter_descriptions import ParameterValue

from skillblend.shipped import MODELS


def generate_launch_description() -> LaunchDescription:
    """Configure and activate `skill_server` afterwards, then arm, stand and run the guard."""
    robot, scene = LaunchConfiguration("robot"), LaunchConfiguration("scene")
    models = LaunchConfiguration("models")
    speed = ParameterValue(LaunchConfiguration("speed"), value_type=float)
    return LaunchDescription(
        [
            DeclareLaunchArgument("robot", default_value="h1"),
            DeclareLaunchArgument("scene", default_value="workshop"),
            DeclareLaunchArgument("models", default_value=str(MODELS)),
            DeclareLaunchArgument("speed", default_value="1.0"),
            Node(
                package="skillblend_ros",
                executable="sim_robot",
                parameters=[{"robot": robot, "scene": scene, "speed": speed, "realtime_priority": 29}],
            ),
            Node(
                package="skillblend_ros",
                executable="guard",
                parameters=[
                    {"robot": robot, "models": models, "speed": speed, "simulated": True, "realtime_priority": 30},
                ],
            ),
            LifecycleNode(
                package="skillblend_ros",
                executable="skill_server",
                name="skill_server",
                namespace="",
                parameters=[
                    {"robot": robot, "scene": scene, "models": models, "speed": speed, "realtime_priority": 20},
                ],
            ),
            Node(package="skillblend_ros", executable="frames", parameters=[{"robot": robot}]),
            Node(package="skillblend_ros", executable="planner", parameters=[{"robot": robot, "scene": scene}]),
        ]
    )
