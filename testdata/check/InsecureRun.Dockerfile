#= privileges and network
#! 2 InsecureRun: a step runs in the network of the builder
FROM debian:12
RUN --network=host a
#= the sandbox
FROM debian:12
RUN --network=none a
RUN --security=sandbox a
