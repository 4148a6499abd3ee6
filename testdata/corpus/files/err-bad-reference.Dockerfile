FROM Alpine:LATEST:again
