FROM alpine
# cafי ÿ
RUN echo a \
 # הצü
 && echo b
