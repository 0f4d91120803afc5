-- The ids of posts with these words, at most so many. PostgreSQL guesses badly how many texts have a word that
-- begins so, and would rather read all of them than ask the index: in here it may not.
create function posts_with_words(wanted tsquery, words tsquery, most integer) returns setof text
  language sql stable rows 100
  set enable_seqscan = off
  as $$
    select post_id from post_search where search @@ wanted and search @@ words limit most
  $$;
