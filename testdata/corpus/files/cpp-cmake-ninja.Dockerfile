FROM debian:12 AS build
RUN apt-get update && apt-get install -y --no-install-recommends \
        cmake ninja-build g++ libboost-dev libfmt-dev
WORKDIR /src
COPY CMakeLists.txt .
COPY cmake/ cmake/
COPY include/ include/
COPY src/ src/
COPY tests/ tests/
ARG CMAKE_BUILD_TYPE=RelWithDebInfo
RUN cmake -G Ninja -B /build -DCMAKE_BUILD_TYPE=${CMAKE_BUILD_TYPE} -DCMAKE_INSTALL_PREFIX=/usr/local
RUN cmake --build /build --parallel
FROM build AS check
RUN ctest --test-dir /build --output-on-failure
FROM build AS install
RUN DESTDIR=/dest cmake --install /build --strip
FROM debian:12-slim
COPY --from=install /dest/ /
CMD ["simulator"]
