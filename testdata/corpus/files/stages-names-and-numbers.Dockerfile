FROM alpine AS Build-1
RUN touch /b
FROM alpine AS build_2.x
COPY --from=build-1 /b /b
FROM alpine
COPY --from=BUILD_2.X /b /b
COPY --from=1 /b /b1
