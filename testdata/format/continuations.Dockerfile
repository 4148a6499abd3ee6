FROM a
ENV A=1 \
  B=2 \
# about C
	C="3 \
  4" \

   D=4
RUN --mount=type=cache,target=/a \
  --mount=type=cache,target=/b \
      apt-get update \
      # why
      && apt-get install  b \
  && c   

RUN --mount=type=cache,target=/a\
  --network=none \
 true
LABEL \
 a=b\
 c=d
EXPOSE 80 \
81
ENV key \
  legacy  value
