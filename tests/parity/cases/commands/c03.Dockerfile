FROM busybox
ENTRYPOINT /bin/echo shell
CMD ["arg"]
