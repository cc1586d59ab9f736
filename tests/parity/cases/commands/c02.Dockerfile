FROM busybox
CMD ["exec", "form"]
ENTRYPOINT ["/bin/echo"]
