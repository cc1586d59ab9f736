FROM busybox
CMD [ "unclosed"
