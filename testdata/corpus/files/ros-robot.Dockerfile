FROM ros:humble
SHELL ["/bin/bash", "-c"]
ENV WS=/opt/rover
WORKDIR $WS/src
COPY ./packages .
RUN source /opt/ros/humble/setup.bash && rosdep install -y --from-paths . || true
WORKDIR $WS
RUN source /opt/ros/humble/setup.bash && colcon build
COPY <<'EOF' /enter.sh
#!/bin/bash
source $WS/install/setup.bash
exec "$@"
EOF
ENTRYPOINT ["/bin/bash", "/enter.sh"]
CMD ["ros2", "launch", "rover", "drive.launch.py"]
