// Speaks to an endpoint as Grafana's ClickHouse data source does: clickhouse-go over HTTP, through database/sql.
// Every check prints one line, "ok <name>" or "FAIL <name>: <why>"; the exit code is 1 if one failed.
package main

import (
	"context"
	"database/sql"
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
)

type driver struct {
	address, user, password string
}

func (d driver) open(change func(*clickhouse.Options)) *sql.DB {
	options := &clickhouse.Options{
		Addr:        []string{d.address},
		Protocol:    clickhouse.HTTP,
		Auth:        clickhouse.Auth{Database: "default", Username: d.user, Password: d.password},
		DialTimeout: 10 * time.Second,
		ReadTimeout: 60 * time.Second,
		Settings:    clickhouse.Settings{},
	}
	if change != nil {
		change(options)
	}
	return clickhouse.OpenDB(options)
}

func main() {
	var d driver
	flag.StringVar(&d.address, "address", "127.0.0.1:8123", "host:port of the endpoint")
	flag.StringVar(&d.user, "user", "grafana", "user name")
	flag.StringVar(&d.password, "password", "", "password")
	flag.Parse()

	failed := false
	for _, check := range []struct {
		name string
		run  func(driver) error
	}{
		{"hello", hello},
		{"ping", ping},
		{"types", types},
		{"many blocks", manyBlocks},
		{"empty", empty},
		{"error", queryError},
		{"error in the stream", streamError},
		{"wrong password", wrongPassword},
		{"unknown database", unknownDatabase},
		{"settings", settings},
		{"gzip", compressed},
		{"12 at once", twelve},
		{"cancel", cancel},
		{"deadline", deadline},
		{"read only", readOnly},
	} {
		if err := check.run(d); err != nil {
			failed = true
			fmt.Printf("FAIL %s: %v\n", check.name, err)
		} else {
			fmt.Printf("ok %s\n", check.name)
		}
	}
	if failed {
		os.Exit(1)
	}
}

func hello(d driver) error {
	db := d.open(nil)
	defer db.Close()
	var version, zone string
	if err := db.QueryRow("SELECT version(), timezone()").Scan(&version, &zone); err != nil {
		return err
	}
	if version == "" || zone == "" {
		return fmt.Errorf("version %q, time zone %q", version, zone)
	}
	return nil
}

func ping(d driver) error {
	db := d.open(nil)
	defer db.Close()
	if err := db.Ping(); err != nil {
		return err
	}
	var one uint8
	if err := db.QueryRow("SELECT 1").Scan(&one); err != nil || one != 1 {
		return fmt.Errorf("SELECT 1 gave %d, %v", one, err)
	}
	return nil
}

// One value of each type a dashboard shows, compared as text.
func types(d driver) error {
	db := d.open(nil)
	defer db.Close()
	for expression, want := range map[string]string{
		"toUInt8(255)":                   "255",
		"toInt64(-9223372036854775808)":  "-9223372036854775808",
		"toUInt64(18446744073709551615)": "18446744073709551615",
		"toFloat64(0.5)":                 "0.5",
		"toDecimal64('1.25', 2)":         "1.25",
		"true":                           "true",
		"'it''s'":                        "it's",
		"toFixedString('abc', 3)":        "abc",
		"toLowCardinality('low')":        "low",
		"CAST('deny', 'Enum8(\\'unknown\\' = 0, \\'deny\\' = 1)')": "deny",
		"toUUID('61f0c404-5cb3-11e7-907b-a6006ad3dba0')":           "61f0c404-5cb3-11e7-907b-a6006ad3dba0",
		"toIPv4('192.0.2.1')":                               "192.0.2.1",
		"toIPv6('::ffff:203.0.113.9')":                      "203.0.113.9",
		"toIPv6('2001:db8::1')":                             "2001:db8::1",
		"[1, 2, 3]::Array(UInt16)":                          "[1 2 3]",
		"map('a', 1)":                                       "map[a:1]",
		"toDate('2026-11-20')":                              "2026-11-20 00:00:00 +0000 UTC",
		"toDateTime('2026-11-20 01:02:03', 'UTC')":          "2026-11-20 01:02:03 +0000 UTC",
		"toDateTime64('2026-11-20 01:02:03.456', 3, 'UTC')": "2026-11-20 01:02:03.456 +0000 UTC",
	} {
		var got any
		if err := db.QueryRow("SELECT " + expression + " AS v").Scan(&got); err != nil {
			return fmt.Errorf("%s: %w", expression, err)
		}
		if text := fmt.Sprint(got); text != want {
			return fmt.Errorf("%s gave %q, not %q", expression, text, want)
		}
	}
	var null *string
	if err := db.QueryRow("SELECT CAST(NULL, 'Nullable(String)')").Scan(&null); err != nil || null != nil {
		return fmt.Errorf("NULL gave %v, %v", null, err)
	}
	return nil
}

func manyBlocks(d driver) error {
	db := d.open(nil)
	defer db.Close()
	rows, err := db.Query("SELECT number, toLowCardinality(toString(number % 100)) FROM numbers(500000) -- comment\n;")
	if err != nil {
		return err
	}
	defer rows.Close()
	var count, sum, number uint64
	var text string
	for rows.Next() {
		if err := rows.Scan(&number, &text); err != nil {
			return err
		}
		count, sum = count+1, sum+number
	}
	if count != 500000 || sum != 124999750000 {
		return fmt.Errorf("%d rows, sum %d", count, sum)
	}
	return rows.Err()
}

// An empty result still has its columns.
func empty(d driver) error {
	db := d.open(nil)
	defer db.Close()
	rows, err := db.Query("SELECT now64(3, 'UTC') AS ts, toLowCardinality('x') AS host WHERE 0")
	if err != nil {
		return err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil || strings.Join(columns, ",") != "ts,host" {
		return fmt.Errorf("columns %v, %v", columns, err)
	}
	if rows.Next() {
		return errors.New("a row came")
	}
	return rows.Err()
}

func expect(err error, words ...string) error {
	if err == nil {
		return errors.New("no error came")
	}
	for _, word := range words {
		if !strings.Contains(err.Error(), word) {
			return fmt.Errorf("%q is missing in: %w", word, err)
		}
	}
	return nil
}

func drain(rows *sql.Rows, err error) error {
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
	}
	return rows.Err()
}

func queryError(d driver) error {
	db := d.open(nil)
	defer db.Close()
	return expect(drain(db.Query("SELECT nope")), "Code: 47", "DB::Exception", "UNKNOWN_IDENTIFIER")
}

// A query that fails after megabytes were sent must not look like a short result.
func streamError(d driver) error {
	db := d.open(nil)
	defer db.Close()
	return expect(drain(db.Query("SELECT throwIf(number = 3000000), toString(number) FROM numbers(4000000)")))
}

func wrongPassword(d driver) error {
	db := d.open(func(o *clickhouse.Options) { o.Auth.Password = "wrong" })
	defer db.Close()
	return expect(db.Ping(), "516")
}

func unknownDatabase(d driver) error {
	db := d.open(func(o *clickhouse.Options) { o.Auth.Database = "no_such_database" })
	defer db.Close()
	return expect(drain(db.Query("SELECT 2")), "Code: 81")
}

// Grafana sends whatever a user has typed as custom settings.
func settings(d driver) error {
	db := d.open(func(o *clickhouse.Options) {
		o.Settings["max_execution_time"] = 64
		o.Settings["join_use_nulls"] = 1
		o.Settings["some_future_setting"] = "x"
	})
	defer db.Close()
	var nulls bool
	if err := db.QueryRow("SELECT getSetting('join_use_nulls')").Scan(&nulls); err != nil || !nulls {
		return fmt.Errorf("join_use_nulls is %v, %v", nulls, err)
	}
	return nil
}

func compressed(d driver) error {
	db := d.open(func(o *clickhouse.Options) {
		o.Compression = &clickhouse.Compression{Method: clickhouse.CompressionGZIP, Level: 1}
	})
	defer db.Close()
	var sum uint64
	if err := db.QueryRow("SELECT sum(number) FROM numbers(1000)").Scan(&sum); err != nil || sum != 499500 {
		return fmt.Errorf("sum %d, %v", sum, err)
	}
	return nil
}

func twelve(d driver) error {
	db := d.open(func(o *clickhouse.Options) { o.MaxOpenConns = 12; o.MaxIdleConns = 12 })
	defer db.Close()
	var group sync.WaitGroup
	problems := make(chan error, 12)
	for i := range uint64(12) {
		group.Go(func() {
			var got uint64
			err := db.QueryRow(fmt.Sprintf("SELECT %d + sum(sleepEachRow(0.05)) + count() FROM numbers(4)", i)).Scan(&got)
			if err == nil && got != i+4 {
				err = fmt.Errorf("%d, not %d", got, i+4)
			}
			problems <- err
		})
	}
	group.Wait()
	close(problems)
	var all []error
	for err := range problems {
		all = append(all, err)
	}
	return errors.Join(all...)
}

// After a panel was closed its query must not hold up the next one.
func cancel(d driver) error {
	db := d.open(nil)
	defer db.Close()
	ctx, stop := context.WithTimeout(context.Background(), 300*time.Millisecond)
	defer stop()
	err := drain(db.QueryContext(ctx, "SELECT sum(sleepEachRow(0.05)) FROM numbers(2000) SETTINGS max_block_size = 2"))
	if err == nil {
		return errors.New("the query was not cancelled")
	}
	again, stopAgain := context.WithTimeout(context.Background(), 10*time.Second)
	defer stopAgain()
	for range 4 {
		var one uint8
		if err := db.QueryRowContext(again, "SELECT toUInt8(1)").Scan(&one); err != nil {
			return err
		}
	}
	return nil
}

func deadline(d driver) error {
	db := d.open(func(o *clickhouse.Options) { o.Settings["max_execution_time"] = 1 })
	defer db.Close()
	return expect(drain(db.Query("SELECT sum(sleepEachRow(0.05)) FROM numbers(200) SETTINGS max_block_size = 2")), "Code: 159")
}

func readOnly(d driver) error {
	db := d.open(nil)
	defer db.Close()
	if err := expect(drain(db.Query("SELECT file('/etc/hostname')")), "Code: 497"); err != nil {
		return err
	}
	_, err := db.Exec("CREATE TABLE default.x (a UInt8) ENGINE = Memory")
	return expect(err, "Code: 164")
}
