#= the lock does not hold what a step fetches
#! 2 UnlockedNetworkRun: `apt-get` fetches what the lock does not hold
#! 3 UnlockedNetworkRun: `curl` fetches what the lock does not hold
#! 4 UnlockedNetworkRun: `git` fetches what the lock does not hold
#! 5 UnlockedNetworkRun: `npm` fetches what the lock does not hold
#? locked
FROM x:1
RUN apt-get update
RUN mkdir /a && curl -fsS https://a.b -o /c
RUN git clone https://a.b
RUN npm ci
HEALTHCHECK NONE
#= steps that fetch nothing
#? locked
FROM x:1
RUN make && git status && curl --version && go build . && cargo build --offline
RUN --network=none apt-get update
HEALTHCHECK NONE
#= the lock has recordings
#? locked
#? recorded
FROM x:1
RUN apt-get update
HEALTHCHECK NONE
#= no lock
FROM x:1
RUN apt-get update
HEALTHCHECK NONE
