import de.bwaldvogel.mongo.backend.BsonType;
import de.bwaldvogel.mongo.bson.Document;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.h2.mvstore.MVMap;

/*
 * Validators with $jsonSchema, which mongo-java-server takes and forgets: kept
 * in the data file, shown by listCollections, changed by collMod, and asked
 * of each document that is written, as far as Till's go: required members
 * and their bsonType. What is updated is looked at as it is sent, not as it
 * becomes.
 */
final class Validators {
    private static final int NO_SUCH_COLLECTION = 26;
    private static final int INVALID = 121;

    private final MVMap<String, Document> kept; // by database.collection

    Validators(MVMap<String, Document> kept) {
        this.kept = kept;
    }

    /* What the server says to a command that it shall not see, or null. */
    Document answer(String database, Document command) {
        String verb = command.keySet().iterator().next();
        String name = database + "." + command.get(verb);

        switch (verb) {
        case "collMod":
            if (!(command.get("validator") instanceof Document)) {
                return new Document("ok", 0.0)
                    .append("code", NO_SUCH_COLLECTION)
                    .append("errmsg", "there is no such collection");
            }
            kept.put(name, (Document) command.get("validator"));
            return new Document("ok", 1.0);
        case "insert":
            return judge(name, (Collection<?>) command.get("documents"));
        case "update":
            return judge(name, (Collection<?>) command.get("updates"));
        default:
            return null;
        }
    }

    /* After a command that the server has carried out. */
    void follow(String database, Document command, Document reply) {
        String verb = command.keySet().iterator().next();
        String name = database + "." + command.get(verb);

        if (verb.equals("create") && command.get("validator") != null) {
            kept.put(name, (Document) command.get("validator"));
        } else if (verb.equals("drop")) {
            kept.remove(name);
        } else if (verb.equals("dropDatabase")) {
            kept.keySet().removeIf(key -> key.startsWith(database + "."));
        } else if (verb.equals("listCollections")) {
            show(database, (Document) reply.get("cursor"));
        }
    }

    private void show(String database, Document cursor) {
        for (Object one : (Collection<?>) cursor.get("firstBatch")) {
            Document collection = (Document) one;
            Document validator =
                kept.get(database + "." + collection.get("name"));

            if (validator != null) {
                collection.put("options",
                    new Document("validator", validator));
            }
        }
    }

    /* Documents, or updates of them; null: they are as they should be. */
    private Document judge(String name, Collection<?> ones) {
        Document validator = kept.get(name);
        Document schema = validator == null ? null
            : (Document) validator.get("$jsonSchema");
        int index = 0;

        if (schema == null) {
            return null;
        }
        for (Object one : ones) {
            if (!isGood(schema, (Document) one)) {
                System.err.println("Mongod: refused for " + name + ": " + one);
                return new Document("ok", 1.0).append("n", index)
                    .append("writeErrors", List.of(new Document("index", index)
                        .append("code", INVALID)
                        .append("errmsg", "Document failed validation")));
            }
            index++;
        }
        return null;
    }

    private static boolean isGood(Document schema, Document one) {
        if (!(one.get("u") instanceof Document)) {
            return hasTypes(schema, one) && hasAll(schema, one);
        }
        Document change = (Document) one.get("u");

        if (change.keySet().stream().noneMatch(key -> key.startsWith("$"))) {
            Document whole = change.clone();
            whole.putIfNotNull("_id", ((Document) one.get("q")).get("_id"));
            return hasTypes(schema, whole) && hasAll(schema, whole);
        }
        return change.values().stream()
            .allMatch(values -> hasTypes(schema, (Document) values));
    }

    private static boolean hasAll(Document schema, Document one) {
        return one.keySet()
            .containsAll((Collection<?>) schema.get("required"));
    }

    private static boolean hasTypes(Document schema, Document one) {
        for (Map.Entry<String, Object> property
            : ((Document) schema.get("properties")).entrySet()) {
            String type = (String) ((Document) property.getValue())
                .get("bsonType");

            if (one.containsKey(property.getKey())
                && !BsonType.forString(type)
                    .matches(one.get(property.getKey()))) {
                return false;
            }
        }
        return true;
    }
}
