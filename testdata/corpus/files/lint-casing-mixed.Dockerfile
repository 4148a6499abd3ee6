FROM alpine AS Builder
run echo lower
Run echo mixed
COPY . .
from alpine as second
RUN echo upper
