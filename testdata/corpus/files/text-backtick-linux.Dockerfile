# escape=`
FROM alpine
RUN echo a `
  && echo "C:\dir"
ENV P=C:\x Q=a` b
COPY a `
 b `
 /dst/
