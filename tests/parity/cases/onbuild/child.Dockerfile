FROM parity-base
RUN id -u > /tmp/id; echo $TRIGGERED > /tmp/triggered; pwd > /tmp/pwd
