FROM busybox
ARG HTTP_PROXY
RUN echo "$HTTP_PROXY $http_proxy" > /proxy
ENV x=$HTTP_PROXY
ARG GIVEN
ENV y=$GIVEN
