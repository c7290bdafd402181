-- The answers to the last dispatches and alerts that were sent through pg_net
select created, status_code, timed_out, error_msg from net._http_response order by created desc limit 20;
