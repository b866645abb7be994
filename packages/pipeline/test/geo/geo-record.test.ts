import { describe, expect, test } from 'vitest';
import { asnOf, countryOf } from '../../src/geo/geo-record.ts';

describe('records of every publisher', () => {
  test.each<[string, unknown, string]>([
    ['ip-location-db', { country_code: 'DE' }, 'DE'],
    [
      'GeoLite2 Country, City',
      { country: { iso_code: 'DE', names: { en: 'Germany' } }, registered_country: { iso_code: 'US' } },
      'DE',
    ],
    ['GeoLite2 of an address without a place', { registered_country: { iso_code: 'US' } }, 'US'],
    ['IPinfo Country', { country: 'DE', country_name: 'Germany' }, 'DE'],
    ['IPinfo Lite', { country: 'Germany', country_code: 'DE', asn: 'AS3320' }, 'DE'],
    ['small letters', { country_code: 'de' }, 'DE'],
    ['a hostile one', { country_code: 'D\tE\n', country: ['DE'] }, ''],
    ['nothing', null, ''],
    ['no object', 'DE', ''],
  ])('country of %s', (_, record, country) => {
    expect(countryOf(record)).toBe(country);
  });

  test.each<[string, unknown, number]>([
    ['GeoLite2 ASN, DB-IP, ip-location-db', { autonomous_system_number: 3320, autonomous_system_organization: 'DTAG' }, 3320],
    ['IPinfo ASN', { asn: 'AS3320', domain: 'telekom.de' }, 3320],
    ['a number as text', { asn: '3320' }, 3320],
    ['GeoIP2 Enterprise', { traits: { autonomous_system_number: 3320 } }, 3320],
    ['the greatest', { autonomous_system_number: 4_294_967_295 }, 4_294_967_295],
    ['one that would wrap', { autonomous_system_number: 4_294_967_296 }, 0],
    ['text that is none', { asn: 'AS3320 DTAG' }, 0],
    ['a fraction', { asn: 1.5 }, 0],
    ['nothing', null, 0],
  ])('AS number of %s', (_, record, asn) => {
    expect(asnOf(record)).toBe(asn);
  });
});
