/**
 * Functions, aggregates and window functions of PostgreSQL's own that compute from their arguments and do nothing else: the names in
 * `pg_catalog` that agent-written SQL may call. Written by `scripts/function-lists.mjs` from the catalogs of PostgreSQL 15, 16, 17, 18;
 * `scripts/function-lists.sql` says which rule excludes what.
 */

/** In PostgreSQL 15, and in every later version. */
export const FROM_THE_START = `
  abbrev abs acos acosd acosh age area array_agg array_append array_cat array_dims array_fill array_length
  array_lower array_ndims array_position array_positions array_prepend array_remove array_replace
  array_to_json array_to_string array_to_tsvector array_upper ascii asin asind asinh atan atan2 atan2d atand
  atanh avg bit bit_and bit_count bit_length bit_or bit_xor bool bool_and bool_or bound_box box bpchar
  broadcast btrim cardinality cash_words cbrt ceil ceiling center char char_length character_length chr cidr
  circle clock_timestamp concat concat_ws convert convert_from convert_to corr cos cosd cosh cot cotd count
  covar_pop covar_samp cume_dist date date_bin date_part date_trunc datemultirange daterange decode degrees
  dense_rank dexp diagonal diameter div dlog1 dlog10 dround dtrunc encode enum_first enum_last enum_range
  every exp extract factorial family first_value float4 float8 floor format gcd gen_random_uuid
  generate_series generate_subscripts get_bit get_byte height host hostmask inet_merge inet_same_family
  initcap int2 int4 int4multirange int4range int8 int8multirange int8range interval is_normalized isclosed
  isempty isfinite ishorizontal isopen isparallel isperp isvertical json_agg json_array_elements
  json_array_elements_text json_array_length json_build_array json_build_object json_each json_each_text
  json_extract_path json_extract_path_text json_object json_object_agg json_object_keys json_strip_nulls
  json_to_tsvector json_typeof jsonb_agg jsonb_array_elements jsonb_array_elements_text jsonb_array_length
  jsonb_build_array jsonb_build_object jsonb_concat jsonb_each jsonb_each_text jsonb_extract_path
  jsonb_extract_path_text jsonb_insert jsonb_object jsonb_object_agg jsonb_object_keys jsonb_path_exists
  jsonb_path_exists_tz jsonb_path_match jsonb_path_match_tz jsonb_path_query jsonb_path_query_array
  jsonb_path_query_array_tz jsonb_path_query_first jsonb_path_query_first_tz jsonb_path_query_tz
  jsonb_pretty jsonb_set jsonb_set_lax jsonb_strip_nulls jsonb_to_tsvector jsonb_typeof justify_days
  justify_hours justify_interval lag last_value lcm lead left length like like_escape line ln log log10
  lower lower_inc lower_inf lpad lseg ltrim macaddr macaddr8 macaddr8_set7bit make_date make_interval
  make_time make_timestamp make_timestamptz masklen max md5 min min_scale mod mode money multirange name
  netmask network normalize notlike now npoints nth_value ntile num_nonnulls num_nulls numeric
  numeric_div_trunc numeric_exp numeric_ln numeric_log numeric_sqrt nummultirange numnode numrange
  octet_length overlaps overlay parse_ident path pclose percent_rank percentile_cont percentile_disc
  pg_size_bytes pg_size_pretty phraseto_tsquery pi plainto_tsquery point polygon popen position pow power
  querytree quote_ident quote_literal quote_nullable radians radius random range_agg range_intersect_agg
  range_merge rank regexp_count regexp_instr regexp_like regexp_match regexp_matches regexp_replace
  regexp_split_to_array regexp_split_to_table regexp_substr regr_avgx regr_avgy regr_count regr_intercept
  regr_r2 regr_slope regr_sxx regr_sxy regr_syy repeat replace reverse right round row_number row_to_json
  rpad rtrim scale set_bit set_byte set_masklen setweight sha224 sha256 sha384 sha512 sign similar_escape
  similar_to_escape sin sind sinh slope split_part sqrt starts_with statement_timestamp stddev stddev_pop
  stddev_samp string_agg string_to_array string_to_table strip strpos substr substring sum tan tand tanh
  text textlen time timeofday timestamp timestamptz timetz timezone to_ascii to_char to_date to_hex to_json
  to_jsonb to_number to_timestamp to_tsquery to_tsvector transaction_timestamp translate trim_array
  trim_scale trunc ts_delete ts_filter ts_headline ts_rank ts_rank_cd tsmultirange tsquery_phrase tsrange
  tstzmultirange tstzrange tsvector_to_array unistr unnest upper upper_inc upper_inf var_pop var_samp varbit
  varchar variance websearch_to_tsquery width width_bucket
`;

/** What each later version added. */
export const ADDED: Readonly<Record<number, string>> = {
  16: `
  any_value array_sample array_shuffle date_add date_subtract erf erfc json_agg_strict
  json_object_agg_strict json_object_agg_unique json_object_agg_unique_strict jsonb_agg_strict
  jsonb_object_agg_strict jsonb_object_agg_unique jsonb_object_agg_unique_strict random_normal
`,
  17: `
  to_bin to_oct unicode_assigned uuid_extract_timestamp uuid_extract_version
`,
  18: `
  array_reverse array_sort bytea casefold crc32 crc32c gamma lgamma uuidv4 uuidv7
`,
};
