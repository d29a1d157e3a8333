import java.io.StringReader;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Properties;
import org.postgresql.PGConnection;
import org.postgresql.util.DriverInfo;

public class JdbcErrand {
    private interface Work {
        void run() throws Exception;
    }

    public static void main(String[] arguments) throws Exception {
        System.out.println("driver JDBC " + DriverInfo.DRIVER_VERSION);
        String password = env("PGPASSWORD");
        try (Connection connection = connect(password); Connection watcher = connect(password)) {
            System.out.println("user " + value(connection, "SELECT current_user"));
            System.out.println("application " + value(connection, "SHOW application_name"));
            prepared(connection);
            rows(connection);
            copied(connection);
            cancelled(connection, watcher);
            value(connection, "SELECT set_config('statement_timeout', '50', false)");
            System.out.println("timeout " + sqlState(() -> value(connection, "SELECT pg_sleep(600)")));
            System.out.println("error " + sqlState(() -> value(connection, "SELECT nosuch")));
            System.out.println("wrong password " + sqlState(() -> connect("wrong")));
        }
    }

    private static Connection connect(String password) throws SQLException {
        String url = "jdbc:postgresql://" + env("PGHOST") + ":" + env("PGPORT") + "/" + env("PGUSER");
        Properties properties = new Properties();
        properties.setProperty("user", env("PGUSER"));
        properties.setProperty("password", password);
        properties.setProperty("ApplicationName", "errand");
        // Real server-side statements from the first execution on.
        properties.setProperty("prepareThreshold", "1");
        if (env("PGS_MODE").equals("plain")) {
            properties.setProperty("sslmode", "disable");
        } else {
            properties.setProperty("sslmode", "verify-full");
            properties.setProperty("sslrootcert", env("PGS_ROOT"));
        }
        return DriverManager.getConnection(url, properties);
    }

    private static void prepared(Connection connection) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("SELECT ?::int + 1, ?::text")) {
            statement.setInt(1, 41);
            statement.setString(2, "één");
            try (ResultSet result = statement.executeQuery()) {
                result.next();
                System.out.println("prepared " + result.getInt(1) + " " + result.getString(2));
            }
        }
    }

    private static void rows(Connection connection) throws SQLException {
        String query = "SELECT i, repeat('x', 1000) FROM generate_series(1, 10000) i";
        try (Statement statement = connection.createStatement(); ResultSet result = statement.executeQuery(query)) {
            int count = 0;
            long sum = 0;
            while (result.next()) {
                count++;
                sum += result.getInt(1);
            }
            System.out.println("rows " + count + " " + sum);
        }
    }

    private static void copied(Connection connection) throws Exception {
        try (Statement statement = connection.createStatement()) {
            statement.execute("CREATE TEMP TABLE t (i int)");
        }
        StringBuilder lines = new StringBuilder();
        for (int i = 0; i < 50000; i++) {
            lines.append(i).append('\n');
        }
        PGConnection raw = connection.unwrap(PGConnection.class);
        raw.getCopyAPI().copyIn("COPY t FROM STDIN", new StringReader(lines.toString()));
        System.out.println("copied " + value(connection, "SELECT sum(i) FROM t"));
    }

    private static void cancelled(Connection connection, Connection watcher) throws Exception {
        String pid = value(connection, "SELECT pg_backend_pid()");
        String asleep = "SELECT count(*) FROM pg_stat_activity WHERE pid = " + pid + " AND wait_event = 'PgSleep'";
        try (Statement statement = connection.createStatement()) {
            Thread thread = new Thread(() -> sqlState(() -> {
                while (value(watcher, asleep).equals("0")) {
                    Thread.onSpinWait();
                }
                statement.cancel();
            }));
            thread.start();
            sqlState(() -> statement.execute("SELECT pg_sleep(600)"));
            thread.join();
        }
        System.out.println("cancelled, and goes " + value(connection, "SELECT 'on'"));
    }

    private static String value(Connection connection, String query) throws SQLException {
        try (Statement statement = connection.createStatement(); ResultSet result = statement.executeQuery(query)) {
            result.next();
            return result.getString(1);
        }
    }

    private static String sqlState(Work work) {
        try {
            work.run();
            return "none";
        } catch (SQLException error) {
            return error.getSQLState();
        } catch (Exception error) {
            return error.toString();
        }
    }

    private static String env(String name) {
        return System.getenv(name);
    }
}
