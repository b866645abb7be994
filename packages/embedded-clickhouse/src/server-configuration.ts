import type { EngineConfig } from './config.ts';

/** The roles' names inside the engine; every session is the engine's `default` user with one of them. */
export const engineRoles = { writer: 'droplens_writer', readonly: 'droplens_reader' } as const;

/**
 * The engine's own configuration file, as for clickhouse-server: caches and pools small enough for a process that shares a
 * machine; parts synced to disk before an insert is answered, as there is no replica to fetch them from; and two roles. The engine itself refuses to the reader whatever is not granted here: writing, and every table
 * function that reads a file, reaches the network or runs a program. `path` is where this text will be stored.
 */
export function serverConfiguration(config: EngineConfig, path: string): string {
  const mebi = 1024 * 1024;
  const cache = Math.max(4, Math.min(64, Math.floor(config.memory_mb / 16))) * mebi;
  const server: Record<string, string | number> = {
    max_server_memory_usage: config.memory_mb * mebi,
    mark_cache_size: cache,
    primary_index_cache_size: cache,
    index_mark_cache_size: 4 * mebi,
    uncompressed_cache_size: 0,
    index_uncompressed_cache_size: 0,
    query_condition_cache_size: 4 * mebi,
    compiled_expression_cache_size: 8 * mebi,
    mmap_cache_size: 64,
    vector_similarity_index_cache_size: mebi,
    text_index_tokens_cache_size: mebi,
    text_index_header_cache_size: mebi,
    text_index_postings_cache_size: mebi,
    iceberg_metadata_files_cache_size: mebi,
    parquet_metadata_cache_size: mebi,
    background_pool_size: 2,
    // the engine counts its memory itself; comparing that with the kernel's count twenty times a second was a third of an idle engine's work
    memory_worker_period_ms: 1000,
    max_concurrent_queries: 0,
    users_config: path,
  };
  const grants = (statements: readonly string[]): string =>
    `<grants>${statements.map((statement) => `<query>${escapeXml(statement)}</query>`).join('')}</grants>`;
  return `<clickhouse>
<logger><level>none</level><console>0</console></logger>
${Object.entries(server)
  .map(([name, value]) => `<${name}>${escapeXml(String(value))}</${name}>`)
  .join('\n')}
<merge_tree>
<fsync_after_insert>1</fsync_after_insert>
<fsync_part_directory>1</fsync_part_directory>
</merge_tree>
<profiles><default/></profiles>
<quotas><default/></quotas>
<roles>
<${engineRoles.writer}>${grants(['GRANT ALL ON *.* WITH GRANT OPTION'])}</${engineRoles.writer}>
<${engineRoles.readonly}>${grants(readerGrants)}</${engineRoles.readonly}>
</roles>
<users><default>
<password></password><networks><ip>::/0</ip></networks><profile>default</profile><quota>default</quota>
${grants([`GRANT ${engineRoles.writer}`, `GRANT ${engineRoles.readonly}`])}
</default></users>
</clickhouse>
`;
}

const readerGrants = ['GRANT SELECT ON *.*', 'GRANT SHOW DATABASES, SHOW TABLES, SHOW COLUMNS, SHOW DICTIONARIES ON *.*'];

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
