package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log"
	"os"

	"github.com/lib/pq"
)

// Told by the linker.
var version = "unknown"

func settings(password string) string {
	text := "application_name=errand password='" + password + "' dbname=" + os.Getenv("PGUSER")
	if os.Getenv("PGS_MODE") == "plain" {
		return text + " sslmode=disable"
	}
	return text + " sslmode=verify-full sslrootcert=" + os.Getenv("PGS_ROOT")
}

func connect(password string) *sql.Conn {
	conn, err := open(password)
	check(err)
	return conn
}

func open(password string) (*sql.Conn, error) {
	db, err := sql.Open("postgres", settings(password))
	check(err)
	return db.Conn(context.Background())
}

func value(conn *sql.Conn, query string, parameters ...interface{}) string {
	var text string
	check(conn.QueryRowContext(context.Background(), query, parameters...).Scan(&text))
	return text
}

func sqlstate(err error) string {
	var failed *pq.Error
	if errors.As(err, &failed) {
		return string(failed.Code)
	}
	return fmt.Sprint(err)
}

func execute(conn *sql.Conn, query string) error {
	_, err := conn.ExecContext(context.Background(), query)
	return err
}

func prepared(conn *sql.Conn) {
	statement, err := conn.PrepareContext(context.Background(), "SELECT $1::int + 1, $2::text")
	check(err)
	defer statement.Close()
	var number int
	var text string
	check(statement.QueryRow(41, "één").Scan(&number, &text))
	fmt.Println("prepared", number, text)
}

func rows(conn *sql.Conn) {
	query := "SELECT i, repeat('x', 1000) FROM generate_series(1, 10000) i"
	found, err := conn.QueryContext(context.Background(), query)
	check(err)
	defer found.Close()
	count, sum := 0, 0
	for found.Next() {
		var number int
		var text string
		check(found.Scan(&number, &text))
		count, sum = count+1, sum+number
	}
	check(found.Err())
	fmt.Println("rows", count, sum)
}

func copied(conn *sql.Conn) {
	check(execute(conn, "CREATE TEMP TABLE t (i int)"))
	transaction, err := conn.BeginTx(context.Background(), nil)
	check(err)
	statement, err := transaction.Prepare(pq.CopyIn("t", "i"))
	check(err)
	for i := 0; i < 50000; i++ {
		_, err = statement.Exec(i)
		check(err)
	}
	_, err = statement.Exec()
	check(err)
	check(statement.Close())
	check(transaction.Commit())
	fmt.Println("copied", value(conn, "SELECT sum(i) FROM t"))
}

// A query that is cancelled costs lib/pq its connection, so there is one for it.
func cancelled(watcher *sql.Conn) string {
	conn := connect(os.Getenv("PGPASSWORD"))
	pid := value(conn, "SELECT pg_backend_pid()")
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		asleep := "SELECT count(*) FROM pg_stat_activity WHERE pid = $1 AND wait_event = 'PgSleep'"
		for value(watcher, asleep, pid) == "0" {
		}
		cancel()
	}()
	_, err := conn.ExecContext(ctx, "SELECT pg_sleep(600)")
	return sqlstate(err)
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func main() {
	fmt.Println("driver lib/pq", version)
	password := os.Getenv("PGPASSWORD")
	conn, watcher := connect(password), connect(password)
	fmt.Println("user", value(conn, "SELECT current_user"))
	fmt.Println("application", value(conn, "SHOW application_name"))
	prepared(conn)
	rows(conn)
	copied(conn)
	fmt.Println("cancelled", cancelled(watcher))
	check(execute(conn, "SET statement_timeout = 50"))
	fmt.Println("timeout", sqlstate(execute(conn, "SELECT pg_sleep(600)")))
	fmt.Println("error", sqlstate(execute(conn, "SELECT nosuch")))
	_, err := open("wrong")
	fmt.Println("wrong password", sqlstate(err))
}
