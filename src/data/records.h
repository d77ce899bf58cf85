/* Delimited text (CSV of RFC 4180 and its kin): records of fields, read one after another.
 *
 * The separator is the first of tab, semicolon, comma that the first record has outside of quotation marks; without any, blanks.
 * A field in quotation marks may hold separators, doubled quotation marks and ends of lines. */
#ifndef HM_DATA_RECORDS_H
#define HM_DATA_RECORDS_H

#include <stdbool.h>
#include <stddef.h>

#include "data/source.h"

/* Without the blanks and quotation marks around it, ended by a zero byte; valid until the next record is read. */
typedef struct hm_field {
    char *text;
    size_t n;
    bool is_quoted;
} hm_field;

typedef struct hm_records {
    hm_source *source;
    bool is_split_at_blanks; /* whether blanks may separate fields, where nothing else does */
    char separator;          /* ',', ';', '\t', or ' ' for runs of blanks; 0 before the first record */
    size_t line;             /* that the record begins in, from 1 */
    hm_field *field;         /* [n_fields] */
    size_t n_fields, n_room;

    char *buffer;
    size_t room;       /* bytes of the buffer, one of them for a final zero */
    size_t begin, end; /* what of it has not been handed out */
    size_t n_lines;    /* handed out */
    bool is_at_end;
} hm_records;

/* The source is the caller's and must outlive the records. */
hm_status hm_records_open(hm_source *source, bool is_split_at_blanks, hm_records *records, hm_error *error);
void hm_records_close(hm_records *records);

/* *is_there: whether there was another record. Passes over a byte order mark and over lines in front that begin with #, as
 * numpy.savetxt writes its header; a line without anything is a record of no fields. HM_ERROR_FORMAT for zero bytes, for lines of more
 * than 256 MB and for a quotation mark that is never closed. */
hm_status hm_records_next(hm_records *records, bool *is_there, hm_error *error);

#endif
