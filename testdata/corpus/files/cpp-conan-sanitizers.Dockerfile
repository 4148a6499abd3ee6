FROM conanio/gcc12-ubuntu16.04:1.59.0 AS deps
USER root
COPY conanfile.py .
RUN --mount=type=cache,target=/root/.conan/data,uid=0,gid=0,mode=0755 conan install . --build=missing
FROM deps AS asan
ENV CXXFLAGS="-fsanitize=address -fno-omit-frame-pointer"
RUN --security=sandbox --network=default make check
FROM deps AS tsan
ENV CXXFLAGS="-fsanitize=thread"
RUN --network=none make check
FROM deps
COPY --from=asan /log /log/asan
COPY --from=tsan /log /log/tsan
