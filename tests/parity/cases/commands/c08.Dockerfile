FROM busybox
ENTRYPOINT []
CMD ["x"]
