FROM busybox
CMD echo "shell form"  $HOME
