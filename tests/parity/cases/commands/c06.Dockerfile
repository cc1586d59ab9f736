FROM busybox
SHELL ["/bin/sh", "-ec"]
RUN echo $0 > /out
CMD run this
ENTRYPOINT entry this
