#= one of three in lower case
#! 2 ConsistentInstructionCasing: Command 'run' should match the case of the command majority (uppercase)
FROM alpine
run true
WORKDIR /

#= one of three in upper case
#! 3 ConsistentInstructionCasing: Command 'WORKDIR' should match the case of the command majority (lowercase)
from alpine
run true
WORKDIR /

#= mixed case fits nothing and does not count
#! 1 ConsistentInstructionCasing: Command 'From' should match the case of the command majority (lowercase)
#! 2 ConsistentInstructionCasing: Command 'Run' should match the case of the command majority (lowercase)
From alpine
Run true
workdir /

#= a tie goes to upper case
#! 2 ConsistentInstructionCasing: Command 'run' should match the case of the command majority (uppercase)
FROM alpine
run true

#= arguments above the first stage do not count
arg A=1
arg B=1
arg C=1
FROM alpine
RUN true

#= all stages are one file
#! 4 ConsistentInstructionCasing: Command 'from' should match the case of the command majority (uppercase)
FROM alpine AS a
RUN true

from alpine as b
RUN true

#= a comment does not excuse it
#! 3 ConsistentInstructionCasing: Command 'run' should match the case of the command majority (uppercase)
FROM alpine
# check=skip=ConsistentInstructionCasing
run true
WORKDIR /
