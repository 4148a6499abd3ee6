#= the second of two
#! 2 DuplicateStageName: Duplicate stage name "build", stage names should be unique
FROM alpine AS build
FROM alpine AS build

#= names have no case
#! 2 DuplicateStageName: Duplicate stage name "build", stage names should be unique
#! 2 StageNameCasing: Stage name 'Build' should be lowercase
FROM alpine AS build
FROM alpine AS Build

#= each one after the first
#! 2 DuplicateStageName: Duplicate stage name "a", stage names should be unique
#! 3 DuplicateStageName: Duplicate stage name "a", stage names should be unique
FROM alpine AS a
FROM alpine AS a
FROM alpine AS a

#= stages without a name
FROM alpine
FROM alpine
