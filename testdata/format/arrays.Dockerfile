FROM a
CMD   [ "a","b" , "c  d" ]
SHELL ["/bin/sh","-c"]
ENTRYPOINT [ \
   "a", \
"b" ,\
     "c" \
   ]
CMD  [ ]
COPY ["a b","/c"]
RUN [ -f x ]   &&   true
HEALTHCHECK CMD ["a","b"]
ONBUILD RUN ["a","b"]
