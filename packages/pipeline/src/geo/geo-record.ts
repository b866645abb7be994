/** Country code of a record of any publisher, or the empty text. */
export function countryOf(record: unknown): string {
  const fields = fieldsOf(record);
  const country = fields['country'];
  return (
    // ip-location-db, IPinfo Lite
    countryCode(fields['country_code']) ||
    // IPinfo Country and ASN
    countryCode(country) ||
    // MaxMind, DB-IP: where the address is used, or else where it is registered
    countryCode(fieldsOf(country)['iso_code']) ||
    countryCode(fieldsOf(fields['registered_country'])['iso_code'])
  );
}

/** AS number of a record of any publisher, or 0. */
export function asnOf(record: unknown): number {
  const fields = fieldsOf(record);
  return (
    // MaxMind, DB-IP, ip-location-db
    asNumber(fields['autonomous_system_number']) ||
    // IPinfo: `AS15169`
    asNumber(fields['asn']) ||
    // MaxMind Enterprise
    asNumber(fieldsOf(fields['traits'])['autonomous_system_number'])
  );
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function countryCode(value: unknown): string {
  return typeof value === 'string' && /^[A-Za-z]{2}$/.test(value) ? value.toUpperCase() : '';
}

function asNumber(value: unknown): number {
  const number = typeof value === 'string' ? Number(/^(?:AS)?(\d{1,10})$/i.exec(value)?.[1] ?? 0) : value;
  return typeof number === 'number' && Number.isInteger(number) && number > 0 && number <= 0xffff_ffff ? number : 0;
}
