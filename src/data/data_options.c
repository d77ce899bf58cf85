/* The table of options that say what the data are and what is done to them. */
#include <harmonium/data.h>

#include <math.h>

#define FIELD(name) offsetof(hm_data_config, name)

static const hm_option rows[] = {
    {"data", 'd', HM_OPTION_TEXT, FIELD(data), "digits", 0, 0, "NAME|FILE", NULL,
     "what to learn from: a named set (digits, mnist, usps, fashion-mnist, silhouettes, sm08; computed ones: bars-and-stripes, "
     "shifter, two-modes), an IDX, NPY or CSV file (also gzipped), a PNG or JPEG picture, or a folder of them, whose "
     "sub-folders are classes"},
    {"labels", 0, HM_OPTION_TEXT, FIELD(labels), "", 0, 0, "FILE", NULL,
     "the class of each case: an IDX, NPY or CSV file of one whole number a case, or a CSV "
     "file of one word a case; words are numbered in alphabetical order"},
    {"label-column", 0, HM_OPTION_TEXT, FIELD(label_column), "", 0, 0, "COLUMN", NULL,
     "the column of a CSV file that holds the class of each case, as whole numbers or words: its "
     "name in the first line, its number from 1, or last"},
    {"part", 0, HM_OPTION_TEXT, FIELD(part), "train", 0, 0, "PART", NULL,
     "which part of a named set: train, test, or validation where the set has one"},
    {"classes", 0, HM_OPTION_TEXT, FIELD(classes), "", 0, 0, "LIST", NULL,
     "use the cases of these classes alone, such as 2 or 0-4,7 or \"ant, bee\"; empty for all"},
    {"subset", 0, HM_OPTION_INT, FIELD(subset), "0", 0, INFINITY, "CASES", NULL,
     "use so many of the cases, drawn by the seed and balanced over the classes; 0 for all"},
    {"labelled", 0, HM_OPTION_INT, FIELD(labelled), "0", 0, INFINITY, "CASES", NULL,
     "see the labels of so many training cases alone, drawn by the seed and balanced; 0 for all"},
    {"validation", 0, HM_OPTION_REAL, FIELD(validation), "0", 0, INFINITY, "CASES", NULL,
     "hold so many of the cases back for validation: a count, or a fraction if below 1"},
    {"validation-groups", 0, HM_OPTION_TEXT, FIELD(validation_groups), "", 0, 0, "LIST", NULL,
     "hold the sequences of these groups (speakers) back for validation, as in \"fash, fbbh\""},
    {"sequences", 0, HM_OPTION_TEXT, FIELD(sequences), "", 0, 0, "FILE", NULL,
     "the sequences (utterances) that the cases (frames) lie in, a line each: its name, its group (the speaker), how many cases; "
     "empty: x.sequences beside x.npy, if it is there"},
    {"front-end", 0, HM_OPTION_TEXT, FIELD(front_end), "", 0, 0, "OPTIONS", NULL,
     "how sound became the cases, which a model remembers for `recognise`; empty: as the file of sequences says"},
    {"context", 0, HM_OPTION_INT, FIELD(context), "0", 0, 1000, "CASES", NULL,
     "see each case (frame) with so many to each side, within its sequence, as one picture of time x features"},
    {"shape", 0, HM_OPTION_TEXT, FIELD(shape), "", 0, 0, "HxW", NULL,
     "read flat rows, as CSV has them, as pictures of this height and width, such as 28x28, or in "
     "colour as 3x32x32, plane after plane"},
    {"grey", 0, HM_OPTION_FLAG, FIELD(grey), "no", 0, 0, NULL, NULL,
     "turn coloured pictures into grey ones (0.299 red, 0.587 green, 0.114 blue); otherwise they have "
     "three channels"},
    {"fit", 0, HM_OPTION_CHOICE, FIELD(fit), "none", 0, 0, "HOW", "none|crop|pad",
     "make the pictures of a folder agree in size: crop all to the smallest height and width, or pad "
     "them to the largest with the mean of their border; with resize, to its shape before it"},
    {"longest", 0, HM_OPTION_INT, FIELD(longest), "0", 0, 4096, "PIXELS", NULL,
     "shrink each picture, in its shape, until its longest side has so many pixels; smaller ones stay; 0 for none"},
    {"resize", 0, HM_OPTION_TEXT, FIELD(resize), "", 0, 0, "HxW", NULL,
     "resize pictures to this height and width by averaging areas, such as 16x16"},
    {"whiten", 0, HM_OPTION_CHOICE, FIELD(whiten), "none", 0, 0, "HOW", "none|frequency|spectrum",
     "whiten each picture, once, before it is padded or framed: frequency multiplies its spectrum by f exp(-(f/0.4)^4), f in "
     "cycles a pixel (Olshausen and Field 1997), spectrum by sqrt(S)/(S + Q), with S the mean power of the training cases at f "
     "and Q half its mean (Lee and others 2009); its mean is then 0 (needs FFTW)"},
    {"spectrum", 0, HM_OPTION_TEXT, FIELD(spectrum), "", 0, 0, "LIST", NULL,
     "with whiten = spectrum, Q and S as a model that was learned so tells them (`info`); empty to measure them, or with a model "
     "to take its own"},
    {"contrast", 0, HM_OPTION_REAL, FIELD(contrast), "0", 0, 1e6, "RMS", NULL,
     "make local contrast even, once, after whitening: subtract the local mean, divide by the local deviation, and scale each "
     "picture to this root mean square, such as 0.667; 0 for none"},
    {"scale", 0, HM_OPTION_REAL, FIELD(scale), "0", 0, 1e6, "FACTOR", NULL,
     "multiply every value by this; 0 for 1/255 where the file holds bytes and 1 elsewhere, and after whitening or contrast"},
    {"invert", 0, HM_OPTION_FLAG, FIELD(invert), "no", 0, 0, NULL, NULL,
     "turn x into 1 - x after scaling (into -x after whitening or contrast), so that dark ink on light paper becomes 1 on 0"},
    {"frame", 0, HM_OPTION_TEXT, FIELD(frame), "", 0, 0, "HxW", NULL,
     "put each picture into the middle of a frame of zeros of this height and width, such as 33x33, so that the maps of "
     "a convolution divide into blocks"},
    {"crop", 0, HM_OPTION_TEXT, FIELD(crop), "", 0, 0, "HxW", NULL,
     "take a window of this height and width from each picture: by chance and afresh in every epoch from the training "
     "cases, the middle one from others"},
    {"mirror", 0, HM_OPTION_FLAG, FIELD(mirror), "no", 0, 0, NULL, NULL,
     "mirror each training picture left-right with probability one half, afresh in every epoch"},
    {"standardise", 0, HM_OPTION_FLAG, FIELD(standardise), "no", 0, 0, NULL, NULL,
     "shift and divide each feature to mean 0 and variance 1 over the training cases, as Gaussian "
     "units want"},
    {"binarise", 0, HM_OPTION_CHOICE, FIELD(binarise), "none", 0, 0, "HOW", "none|threshold|sample",
     "make values 0 or 1: by a threshold, or sampled afresh in every epoch with the value as "
     "probability"},
    {"threshold", 0, HM_OPTION_REAL, FIELD(threshold), "0.5", 0, 0, "VALUE", NULL,
     "with binarise = threshold, what lies above becomes 1"},
    {"jitter", 0, HM_OPTION_INT, FIELD(jitter), "0", 0, 64, "PIXELS", NULL,
     "move each training picture by up to so many pixels across and down, afresh in every epoch"},
    {"skip-damaged", 0, HM_OPTION_FLAG, FIELD(skip_damaged), "no", 0, 0, NULL, NULL,
     "leave damaged pictures of a folder out with a warning each; otherwise the first is an error"},
    {"tile", 0, HM_OPTION_INT, FIELD(tile), "0", 0, 4096, "PIXELS", NULL,
     "cut a contact sheet into square tiles of this side; 0 for a single picture"},
    {"balance", 0, HM_OPTION_CHOICE, FIELD(balance), "auto", 0, 0, "WHETHER", "auto|yes|no",
     "give every mini-batch its share of every class; auto does so when there are labels"},
    {"shuffle-run", 0, HM_OPTION_INT, FIELD(shuffle_run), "0", 0, 4e9, "CASES", NULL,
     "shuffle within runs of so many neighbours, which come in random order, and without balance, so that a file larger than memory "
     "is read from near by; 0 shuffles all"},
    {"memory", 0, HM_OPTION_INT, FIELD(memory), "1024", 0, 1e9, "MB", NULL,
     "hold at most so much of a set in memory; a larger NPY or IDX file is read case by case"},
};

const hm_option_table hm_data_options = {
    .section = "data",
    .title = "Data",
    .rows = rows,
    .n_rows = sizeof rows / sizeof *rows,
};
