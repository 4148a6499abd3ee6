FROM alpine
RUN --device=vendor.example/gpu=all true
