/* SPDX-License-Identifier: Apache-2.0 */
/* What PostgreSQL says of its own tables, and copying them. */
#include "store/postgres.h"

#include <libpq-fe.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Every table, view, column, constraint, index, trigger and rule of the schema in use, a line
 * each. The schema's name is taken out, so that two schemas can be compared. */
static const char description[] =
    "WITH r AS (SELECT c.oid, c.relname, c.relkind, c.relrowsecurity, c.relpersistence"
    " FROM pg_class c WHERE c.relnamespace = (SELECT oid FROM pg_namespace"
    " WHERE nspname = current_schema()) AND c.relkind IN ('r', 'v', 'm', 'f', 'p', 'S')"
    " AND c.relname <> 'store_turn' AND NOT (c.relkind = 'S' AND EXISTS (SELECT 1 FROM"
    " pg_depend d WHERE d.objid = c.oid AND d.deptype IN ('i', 'a')))),"
    " lines AS (SELECT relname::text AS t, '0 relation' AS k, relname::text AS n, relkind::text"
    " || relpersistence::text || CASE WHEN relrowsecurity THEN ' rows' ELSE '' END ||"
    " CASE WHEN relkind IN ('v', 'm') THEN ' ' || pg_get_viewdef(oid) ELSE '' END AS d FROM r"
    " UNION ALL SELECT relname::text, '1 column', to_char(a.attnum, 'FM000'), a.attname ||"
    " ' ' || format_type(a.atttypid, a.atttypmod) || CASE WHEN a.attnotnull THEN ' not null'"
    " ELSE '' END || ' ' || a.attidentity::text || ' ' || coalesce((SELECT collname FROM"
    " pg_collation WHERE oid = a.attcollation)::text, '') || ' ' || coalesce((SELECT"
    " pg_get_expr(adbin, adrelid) FROM pg_attrdef WHERE adrelid = r.oid AND adnum = a.attnum),"
    " '') FROM r JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT"
    " a.attisdropped"
    " UNION ALL SELECT relname::text, '2 constraint', conname::text, pg_get_constraintdef("
    "co.oid) || CASE WHEN convalidated THEN '' ELSE ' not valid' END FROM r JOIN pg_constraint"
    " co ON co.conrelid = r.oid"
    " UNION ALL SELECT relname::text, '3 index', (SELECT relname FROM pg_class WHERE oid ="
    " i.indexrelid)::text, pg_get_indexdef(i.indexrelid) || CASE WHEN i.indisvalid THEN ''"
    " ELSE ' not valid' END FROM r JOIN pg_index i ON i.indrelid = r.oid"
    " UNION ALL SELECT relname::text, '4 trigger', tgname::text, pg_get_triggerdef(t.oid) ||"
    " ' ' || tgenabled::text FROM r JOIN pg_trigger t ON t.tgrelid = r.oid AND NOT"
    " t.tgisinternal"
    " UNION ALL SELECT relname::text, '5 rule', rulename::text, pg_get_ruledef(w.oid) FROM r"
    " JOIN pg_rewrite w ON w.ev_class = r.oid AND r.relkind NOT IN ('v', 'm')"
    " UNION ALL SELECT relname::text, '6 policy', polname::text, polcmd::text FROM r JOIN"
    " pg_policy p ON p.polrelid = r.oid)"
    " SELECT t, k, n, replace(d, current_schema() || '.', '') FROM lines"
    " ORDER BY t COLLATE \"C\", k COLLATE \"C\", n COLLATE \"C\"";

cu_status cu_postgres_describe(cu_store *store, cu_buffer *out, cu_err *err)
{
    CU_AUTO(cu_rows, rows);
    bool more = true;
    cu_status st = cu_store_query(store, description, CU_NO_VALUES, &rows, err);

    while (st == CU_OK) {
        st = cu_rows_next(rows, &more, err);
        if (st != CU_OK || !more)
            break;
        for (int i = 0; i < 4; i++)
            cu_describe_word(out, cu_rows_text(rows, i), i == 3);
        st = cu_rows_check(rows, err);
    }
    return st == CU_OK ? cu_buffer_check(out, err) : st;
}

/* In a schema of its own, inside a transaction that is undone. */
cu_status cu_postgres_describe_expected(cu_store *store, cu_store_work work, void *context,
                                        cu_buffer *out, cu_err *err)
{
    char sql[128];
    cu_status st = store->driver->begin(store, CU_STORE_WRITES, err);

    if (st != CU_OK)
        return st;
    (void)snprintf(sql, sizeof sql,
                   "CREATE SCHEMA custos_expected_%ld;"
                   "SET LOCAL search_path TO custos_expected_%ld",
                   (long)getpid(), (long)getpid());
    st = cu_postgres_direct(store, sql, err);
    if (st == CU_OK)
        st = work(store, context, err);
    if (st == CU_OK)
        st = cu_postgres_describe(store, out, err);
    store->driver->rollback(store);
    return st;
}

/* Reads every column of every row of one table. */
static cu_status read_table(cu_store *store, const char *name, cu_err *err)
{
    const cu_postgres *const c = store->connection;
    char *const quoted = PQescapeIdentifier(c->server, name, strlen(name));
    cu_buffer sql = {0};
    cu_status st;

    if (quoted == NULL)
        return cu_fail(err, CU_ENOMEM, "out of memory");
    cu_buffer_format(&sql, "SELECT max(length(t::text)) FROM %s t", quoted);
    cu_buffer_u8(&sql, '\0');
    PQfreemem(quoted);
    st = cu_buffer_check(&sql, err);
    if (st == CU_OK)
        st = cu_postgres_direct(store, (const char *)sql.p, err);
    cu_buffer_free(&sql);
    return st == CU_OK ? CU_OK : cu_while(err, st, "reading table %s", name);
}

cu_status cu_postgres_integrity(cu_store *store, cu_err *err)
{
    CU_AUTO(cu_rows, rows);
    bool more = true;
    cu_status st = cu_store_query(store,
                                  "SELECT relname::text FROM pg_class WHERE relkind = 'r' AND"
                                  " relnamespace = (SELECT oid FROM pg_namespace WHERE nspname"
                                  " = current_schema()) ORDER BY relname",
                                  CU_NO_VALUES, &rows, err);

    while (st == CU_OK) {
        st = cu_rows_next(rows, &more, err);
        if (st != CU_OK || !more)
            break;

        const char *const name = cu_rows_text(rows, 0);

        st = cu_rows_check(rows, err);
        if (st == CU_OK && name != NULL)
            st = read_table(store, name, err);
    }
    return st;
}

cu_status cu_postgres_page(cu_store *store, cu_bytes table, bool first, cu_rows **out,
                           cu_err *err)
{
    cu_buffer sql = {0};
    cu_status st = CU_OK;

    if (first) {
        cu_buffer_format(
            &sql, "CLOSE ALL; DECLARE custos_page NO SCROLL CURSOR FOR SELECT * FROM %.*s",
            (int)table.n, (const char *)table.p);
        cu_buffer_u8(&sql, '\0');
        st = cu_buffer_check(&sql, err);
        if (st == CU_OK)
            st = cu_postgres_direct(store, (const char *)sql.p, err);
        cu_buffer_free(&sql);
    }
    if (st == CU_OK)
        st = cu_postgres_ready(store, err);
    if (st != CU_OK)
        return st;

    /* Its columns differ from table to table, so it is asked for afresh each time. */
    const cu_postgres *const c = store->connection;
    PGresult *const result =
        PQexecParams(c->server, "FETCH 2000 FROM custos_page", 0, NULL, NULL, NULL, NULL, 1);

    if (PQresultStatus(result) != PGRES_TUPLES_OK)
        return cu_postgres_fail(store, result, "read a table", err);
    return cu_rows_adopt(store, result, out, err);
}

cu_status cu_postgres_before_copy(cu_store *store, cu_err *err)
{
    return cu_postgres_direct(
        store,
        "DO $$ DECLARE c record; BEGIN FOR c IN SELECT conname, conrelid::regclass AS t FROM"
        " pg_constraint WHERE contype = 'f' AND connamespace = (SELECT oid FROM pg_namespace"
        " WHERE nspname = current_schema()) LOOP EXECUTE format('ALTER TABLE %s ALTER "
        "CONSTRAINT"
        " %I DEFERRABLE INITIALLY DEFERRED', c.t, c.conname); END LOOP; END $$",
        err);
}

cu_status cu_postgres_after_copy(cu_store *store, cu_err *err)
{
    return cu_postgres_direct(
        store,
        "SET CONSTRAINTS ALL IMMEDIATE;"
        "DO $$ DECLARE c record; BEGIN FOR c IN SELECT conname, conrelid::regclass AS t FROM"
        " pg_constraint WHERE contype = 'f' AND connamespace = (SELECT oid FROM pg_namespace"
        " WHERE nspname = current_schema()) LOOP EXECUTE format('ALTER TABLE %s ALTER "
        "CONSTRAINT"
        " %I NOT DEFERRABLE', c.t, c.conname); END LOOP;"
        " FOR c IN SELECT a.attname, a.attrelid::regclass AS t FROM pg_attribute a JOIN "
        "pg_class"
        " r ON r.oid = a.attrelid WHERE a.attidentity <> '' AND r.relnamespace = (SELECT oid"
        " FROM pg_namespace WHERE nspname = current_schema()) LOOP EXECUTE format('SELECT"
        " setval(pg_get_serial_sequence(%L, %L), coalesce(max(%I), 0) + 1, false) FROM %s',"
        " c.t, c.attname, c.attname, c.t); END LOOP; END $$",
        err);
}
