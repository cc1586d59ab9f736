# syntax=docker/dockerfile:1
# comment

   FROM busybox

  RUN  echo   "a  b"   >  /out  
	run echo tab > /tab
RUN echo no newline at end > /end