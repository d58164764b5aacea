"""Simulated robot, guard, skill server and planner. Checked for syntax; not run where there is no `launch`."""

from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import LifecycleNode, Node


def generate_launch_description() -> LaunchDescription:
    """Configure and activate `skill_server` afterwards, then arm, stand and run the guard."""
    robot, scene = LaunchConfiguration("robot"), LaunchConfiguration("scene")
    models = LaunchConfiguration("models")
    return LaunchDescription(
        [
            DeclareLaunchArgument("robot", default_value="h1"),
            DeclareLaunchArgument("scene", default_value="workshop"),
            DeclareLaunchArgument("models", default_value="models"),
            Node(package="skillblend_ros", executable="sim_robot", parameters=[{"robot": robot, "scene": scene}]),
            Node(
                package="skillblend_ros",
                executable="guard",
                parameters=[{"robot": robot, "models": models, "simulated": True}],
            ),
            LifecycleNode(
                package="skillblend_ros",
                executable="skill_server",
                name="skill_server",
                namespace="",
                parameters=[{"robot": robot, "scene": scene, "models": models}],
            ),
            Node(package="skillblend_ros", executable="frames", parameters=[{"robot": robot}]),
            Node(package="skillblend_ros", executable="planner", parameters=[{"robot": robot, "scene": scene}]),
        ]
    )
