FROM busybox
CMD [ "spaces" ,  "in" , "json" ]
