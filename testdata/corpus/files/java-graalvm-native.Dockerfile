FROM ghcr.io/graalvm/native-image-community:21-muslib AS native
WORKDIR /src
COPY --link gradlew settings.gradle build.gradle ./
COPY --link gradle gradle
RUN ./gradlew --version
COPY --link src src
RUN --mount=type=cache,target=/root/.gradle <<EOF
./gradlew nativeCompile --no-daemon
mv build/native/nativeCompile/orders /orders
EOF

FROM scratch
COPY --link --from=native /orders /orders
ENTRYPOINT ["/orders"]
