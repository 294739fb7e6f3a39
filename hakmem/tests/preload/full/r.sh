#!/usr/bin/env bash
# R: vectors, matrices, models, strings, regular expressions, environments, a forked cluster.
# Debian packages: r-base-core
. "$(dirname "$0")/../../support/preload.sh"
need Rscript
cat >heavy.R <<'R'
set.seed(7)
x <- matrix(rnorm(250000), 500)
print(sum(round(solve(x %*% t(x) + diag(500)), 6)))
d <- data.frame(a = rnorm(20000), b = runif(20000), g = sample(letters, 20000, TRUE))
print(round(coef(lm(a ~ b + g, d)), 6))
print(aggregate(a ~ g, d, function(v) round(mean(v), 6))[1:5, ])
s <- vapply(1:50000, function(i) paste0(strrep("x", i %% 90), i), "")
print(sum(nchar(gsub("x{3}", "y", s))))
print(head(sort(table(substr(s, 1, 3)), decreasing = TRUE), 4))
blobs <- lapply(1:2000, function(i) raw(33000 + i))
blobs[seq(1, 2000, 3)] <- NULL
print(sum(lengths(blobs)))
e <- new.env()
for (i in 1:50000) assign(paste0("k", i), i, envir = e)
print(sum(unlist(mget(ls(e), envir = e))))
print(length(unserialize(serialize(d, NULL))))
print(unlist(parallel::mclapply(1:6, function(i) sum(sort(runif(1e5) > 2)) + i, mc.cores = 3)))
con <- rawConnection(raw(0), "r+")
writeLines(s, con)
print(length(memDecompress(memCompress(rawConnectionValue(con), "xz"), "xz")))
tryCatch(stop("caught"), error = function(e) print(conditionMessage(e)))
invisible(gc())
R
same_output Rscript --vanilla heavy.R
