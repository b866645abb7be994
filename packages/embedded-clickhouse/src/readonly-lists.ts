/** Table functions that compute their rows or show a part of the statement itself; every other one is refused. */
export const harmlessTableFunctions: ReadonlySet<string> = new Set([
  'generate_series',
  'generaterandom',
  'generateseries',
  'null',
  'numbers',
  'numbers_mt',
  'primes',
  'sqlstandardvalues',
  'values',
  'view',
  'zeros',
  'zeros_mt',
]);

/** Functions that read files, reach the network, run text as SQL or show the process from inside; in lower case. */
export const forbiddenFunctions: ReadonlySet<string> = new Set([
  'addresstoline',
  'addresstolinewithinlines',
  'addresstosymbol',
  'aiclassify',
  'aiembed',
  'aiextract',
  'aigenerate',
  'aitranslate',
  'catboostevaluate',
  'eval',
  'file',
  'getserversetting',
  'gettestsetting',
  'logtrace',
  'sleepeachrowunbounded',
  'trap',
]);

/** Tables of `system` that dashboards and query editors ask; none shows statements, accounts, paths or other users' doings. */
export const openSystemTables: ReadonlySet<string> = new Set([
  'aggregate_function_combinators',
  'asynchronous_metrics',
  'codecs',
  'collations',
  'columns',
  'completions',
  'contributors',
  'current_roles',
  'data_skipping_indices',
  'data_type_families',
  'databases',
  'events',
  'formats',
  'functions',
  'keywords',
  'licenses',
  'merge_tree_settings',
  'metrics',
  'mutations',
  'numbers',
  'numbers_mt',
  'one',
  'parts',
  'parts_columns',
  'projections',
  'settings',
  'table_engines',
  'table_functions',
  'tables',
  'time_zones',
  'unicode',
  'zeros',
  'zeros_mt',
]);

const openSettings: ReadonlySet<string> = new Set([
  'additional_result_filter',
  'additional_table_filters',
  'aggregate_functions_null_for_empty',
  'allow_suspicious_low_cardinality_types',
  'cast_keep_nullable',
  'date_time_input_format',
  'date_time_output_format',
  'distinct_overflow_mode',
  'empty_result_for_aggregation_by_empty_set',
  'enable_named_columns_in_function_tuple',
  'except_default_mode',
  'extremes',
  'final',
  'format_csv_delimiter',
  'format_csv_null_representation',
  'format_tsv_null_representation',
  'group_by_use_nulls',
  'intersect_default_mode',
  'join_algorithm',
  'join_use_nulls',
  'limit',
  'log_comment',
  'max_block_size',
  'offset',
  'prefer_column_name_to_alias',
  'session_timezone',
  'totals_mode',
  'transform_null_in',
  'union_default_mode',
]);

// Not simply output_format_: output_format_schema names a file to write.
const openSettingPrefixes =
  /^output_format_(?:arrow|csv|decimal|json|markdown|native|orc|parquet|pretty|tsv|write_statistics|xml)/;

/** Settings whose value may only be lowered, and not to "unlimited". */
export const loweredSettings: ReadonlySet<string> = new Set([
  'max_execution_time',
  'max_threads',
  'max_result_rows',
  'max_rows_to_read',
]);

/** Whether the read-only account may give this setting any value. */
export function isOpenSetting(name: string): boolean {
  return openSettings.has(name) || openSettingPrefixes.test(name);
}
