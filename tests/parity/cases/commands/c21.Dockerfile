FROM busybox
MAINTAINER Some One <some@one>
