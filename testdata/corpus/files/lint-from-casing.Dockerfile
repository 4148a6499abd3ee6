FROM alpine as one
from alpine AS two
from alpine as three
FROM alpine AS four
COPY --from=one / /1
COPY --from=two / /2
COPY --from=three / /3
