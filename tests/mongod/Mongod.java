/*
 * A MongoDB server for tests: mongo-java-server, its data in one H2 file.
 *
 *   Mongod --port-file FILE --data FILE [--port N]
 *
 * Listens on 127.0.0.1, on any free port unless told, and writes the port to
 * the port file once clients can connect. SIGTERM and SIGKILL end it alike:
 * what was acknowledged is in the data file.
 */

import static java.nio.file.StandardCopyOption.ATOMIC_MOVE;

import de.bwaldvogel.mongo.MongoServer;
import de.bwaldvogel.mongo.ServerVersion;
import de.bwaldvogel.mongo.backend.h2.H2Backend;
import de.bwaldvogel.mongo.bson.Document;
import de.bwaldvogel.mongo.wire.message.MongoMessage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.h2.mvstore.MVStore;

public final class Mongod {
    private static final Set<String> OPTIONS =
        Set.of("--port-file", "--data", "--port");

    /*
     * Commits each command before its reply leaves: H2 by itself commits once
     * a second, in the middle of whatever is running, so that a kill would
     * lose acknowledged writes, or keep a unique index without its document.
     */
    private static final class DurableBackend extends H2Backend {
        private final Validators validators;

        DurableBackend(String file) {
            super(new MVStore.Builder().fileName(file)
                .autoCommitDisabled().open());
            // Reuse the space of older commits at once; only a power cut
            // could need them.
            getMvStore().setRetentionTime(0);
            getMvStore().setVersionsToKeep(0);
            validators = new Validators(getMvStore().openMap("validators"));
        }

        @Override
        public synchronized Document handleMessage(MongoMessage message) {
            String database = message.getDatabaseName();
            Document command = message.getDocument();
            try {
                Document reply = validators.answer(database, command);
                if (reply == null) {
                    reply = super.handleMessage(message);
                    validators.follow(database, command, reply);
                }
                return reply;
            } finally {
                commit();
            }
        }
    }

    private Mongod() {
    }

    private static Map<String, String> readOptions(String[] args) {
        Map<String, String> options = new HashMap<>();
        for (int i = 0; i + 1 < args.length; i += 2) {
            options.put(args[i], args[i + 1]);
        }
        if (args.length % 2 != 0 || !OPTIONS.containsAll(options.keySet())
            || !options.containsKey("--port-file")
            || !options.containsKey("--data")) {
            throw new IllegalArgumentException(
                "usage: Mongod --port-file FILE --data FILE [--port N]");
        }
        return options;
    }

    private static void writePort(Path file, int port) throws IOException {
        Path draft = file.resolveSibling(file.getFileName() + ".new");
        Files.writeString(draft, port + "\n");
        Files.move(draft, file, ATOMIC_MOVE);
    }

    private static void serve(Map<String, String> options)
        throws IOException {
        DurableBackend backend = new DurableBackend(options.get("--data"));
        // The newest protocol it speaks; newer drivers refuse its default.
        backend.version(ServerVersion.MONGO_5_0);
        MongoServer server = new MongoServer(backend);
        server.bind("127.0.0.1",
            Integer.parseInt(options.getOrDefault("--port", "0")));
        writePort(Path.of(options.get("--port-file")),
            server.getLocalAddress().getPort());
    }

    public static void main(String[] args) {
        try {
            serve(readOptions(args));
        } catch (Exception problem) {
            System.err.println("Mongod: " + problem);
            System.exit(1); // the server's threads would keep it alive
        }
    }
}
