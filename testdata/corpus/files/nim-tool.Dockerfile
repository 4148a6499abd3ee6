FROM nimlang/nim:2.0.8-alpine as builder
WORKDIR /t
COPY *.nimble ./
RUN nimble refresh && nimble install -y --depsOnly
COPY . ./
RUN nimble build -d:release --passL:-static
FROM gcr.io/distroless/base:debug
COPY --from=builder /t/tool /
CMD ["/tool"]
