FROM alpine
# cafй
LABEL name="cafй"
RUN echo €ю
ENV A=дць
