FROM busybox
CMD ["a"]
FROM busybox
CMD ["b"]
ENTRYPOINT ["c"]
