-- What searches look at of orders. The other engine keeps it beside the rows; this one folds what it looks at when it looks,
-- and needs no more than the tables have.

SELECT 1;
