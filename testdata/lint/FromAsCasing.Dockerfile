#= lower case after upper case
#! 1 FromAsCasing: 'as' and 'FROM' keywords' casing do not match
FROM alpine as a

#= upper case after lower case
#! 1 FromAsCasing: 'AS' and 'from' keywords' casing do not match
from alpine AS a

#= mixed case after upper case
#! 1 FromAsCasing: 'As' and 'FROM' keywords' casing do not match
FROM alpine As a

#= a mixed FROM is another rule's
#! 1 ConsistentInstructionCasing: Command 'From' should match the case of the command majority (uppercase)
From alpine as a

#= alike
FROM alpine AS a
FROM alpine

#= skipped by a comment
# check=skip=FromAsCasing
FROM alpine as a
