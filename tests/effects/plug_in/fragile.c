/* A VST3 plug-in for tests, written against the published binary interface: a gain that is 64 frames late, with a
   parameter that makes it crash and one that makes it hang. One object is component, processor and controller. */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef int32_t result;
typedef const uint8_t *iid;
enum { OK = 0, NO = 1, INVALID = 2, UNKNOWN_INTERFACE = -1, LATE = 64, PARAMETERS = 3 };

#define UID(a, b, c, d)                                                                                          \
    {(a) >> 24 & 255, (a) >> 16 & 255, (a) >> 8 & 255, (a) & 255, (b) >> 24 & 255, (b) >> 16 & 255, (b) >> 8 & 255, \
     (b) & 255, (c) >> 24 & 255, (c) >> 16 & 255, (c) >> 8 & 255, (c) & 255, (d) >> 24 & 255, (d) >> 16 & 255,      \
     (d) >> 8 & 255, (d) & 255}
static const uint8_t UNKNOWN[16] = UID(0x00000000, 0x00000000, 0xC0000000, 0x00000046);
static const uint8_t FACTORY[16] = UID(0x7A4D811C, 0x52114A1F, 0xAED9D2EE, 0x0B43BF9F);
static const uint8_t BASE[16] = UID(0x22888DDB, 0x156E45AE, 0x8358B348, 0x08190625);
static const uint8_t COMPONENT[16] = UID(0xE831FF31, 0xF2D54301, 0x928EBBEE, 0x25697802);
static const uint8_t PROCESSOR[16] = UID(0x42043F99, 0xB7DA453C, 0xA569E79D, 0x9AAEC33D);
static const uint8_t CONTROLLER[16] = UID(0xDCD7BBE3, 0x7742448D, 0xA874AACC, 0x979C759E);
static const uint8_t OURS[16] = UID(0x53746D53, 0x74756469, 0x6F467261, 0x67696C65);

typedef struct { int32_t media, direction, channels; uint16_t name[128]; int32_t type; uint32_t flags; } bus_info;
typedef struct {
    uint32_t id; uint16_t title[128], short_title[128], units[128];
    int32_t steps; double standard; int32_t unit, flags;
} parameter_info;
typedef struct { int32_t mode, size, longest; double rate; } setup;
typedef struct { int32_t channels; uint64_t silent; float **samples; } bus;
typedef struct queue queue;
struct queue {
    struct {
        void *unknown[3]; uint32_t (*id)(queue *); int32_t (*count)(queue *);
        result (*point)(queue *, int32_t, int32_t *, double *);
    } *v;
};
typedef struct changes changes;
struct changes { struct { void *unknown[3]; int32_t (*count)(changes *); queue *(*at)(changes *, int32_t); } *v; };
typedef struct {
    int32_t mode, size, frames, inputs, outputs; bus *in, *out; changes *changed; void *rest[4];
} process_data;

typedef struct { const void *component, *processor, *controller; int references; double values[PARAMETERS];
                 float line[8][LATE]; int place; } object;
enum { AS_COMPONENT, AS_PROCESSOR, AS_CONTROLLER };
#define OBJECT(self, part) ((object *)((const void **)(self) - (part)))

static void say(uint16_t *to, const char *text) { do *to++ = (uint16_t)*text; while (*text++); }

static result ask(object *o, iid wanted, void **found) {
    if (!memcmp(wanted, PROCESSOR, 16)) *found = &o->processor;
    else if (!memcmp(wanted, CONTROLLER, 16)) *found = &o->controller;
    else if (!memcmp(wanted, UNKNOWN, 16) || !memcmp(wanted, BASE, 16) || !memcmp(wanted, COMPONENT, 16))
        *found = &o->component;
    else { *found = NULL; return UNKNOWN_INTERFACE; }
    o->references++;
    return OK;
}
static uint32_t drop(object *o) { int left = --o->references; if (!left) free(o); return (uint32_t)left; }
#define IDENTITY(part, name)                                                                             \
    static result ask_##name(void *s, iid i, void **f) { return ask(OBJECT(s, part), i, f); }             \
    static uint32_t hold_##name(void *s) { return (uint32_t)++OBJECT(s, part)->references; }              \
    static uint32_t drop_##name(void *s) { return drop(OBJECT(s, part)); }
IDENTITY(AS_COMPONENT, component)
IDENTITY(AS_PROCESSOR, processor)
IDENTITY(AS_CONTROLLER, controller)

static result fine(void) { return OK; }
static result not_ours(void) { return NO; }
static result no_class(void *s, uint8_t *id) { (void)s; memset(id, 0, 16); return NO; }
static int32_t bus_count(void *s, int32_t media) { (void)s; return media == 0; }
static result about_bus(void *s, int32_t media, int32_t direction, int32_t index, bus_info *info) {
    (void)s;
    if (media || index) return INVALID;
    memset(info, 0, sizeof *info);
    info->direction = direction; info->channels = 2; info->flags = 1;
    say(info->name, "Main");
    return OK;
}
static result arrange(void *s, uint64_t *in, int32_t ins, uint64_t *out, int32_t outs) {
    (void)s;
    return ins == 1 && outs == 1 && *in == 3 && *out == 3 ? OK : NO;
}
static result arrangement(void *s, int32_t direction, int32_t index, uint64_t *speakers) {
    (void)s; (void)direction; (void)index; *speakers = 3; return OK;
}
static result sample_size(void *s, int32_t size) { (void)s; return size ? NO : OK; }
static uint32_t latency(void *s) { (void)s; return LATE; }
static uint32_t tail(void *s) { (void)s; return 0; }
static result process(void *s, process_data *data) {
    object *o = OBJECT(s, AS_PROCESSOR);
    for (int32_t i = 0; data->changed && i < data->changed->v->count(data->changed); i++) {
        queue *q = data->changed->v->at(data->changed, i);
        int32_t offset;
        uint32_t id = q->v->id(q);
        if (id < PARAMETERS) q->v->point(q, q->v->count(q) - 1, &offset, &o->values[id]);
    }
    if (o->values[1] > 0.5) *(volatile int *)0 = 1;
    while (o->values[2] > 0.5) sleep(1);
    for (int32_t i = 0; data->inputs && i < data->frames; i++) {
        for (int32_t c = 0; c < data->out->channels && c < 8; c++) {
            float late = o->line[c][o->place];
            o->line[c][o->place] = data->in->samples[c][i];
            data->out->samples[c][i] = late * 2 * (float)o->values[0];
        }
        o->place = (o->place + 1) % LATE;
    }
    return OK;
}
static result activate(void *s, uint8_t on) {
    object *o = OBJECT(s, AS_COMPONENT);
    if (on) memset(o->line, 0, sizeof o->line);
    return OK;
}
static int32_t parameter_count(void *s) { (void)s; return PARAMETERS; }
static result about_parameter(void *s, int32_t index, parameter_info *info) {
    static const char *titles[] = {"Gain", "Crash", "Hang"};
    (void)s;
    if (index < 0 || index >= PARAMETERS) return INVALID;
    memset(info, 0, sizeof *info);
    info->id = (uint32_t)index; info->flags = 1; info->standard = index ? 0 : 0.5;
    say(info->title, titles[index]);
    return OK;
}
static result value_text(void *s, uint32_t id, double value, uint16_t *text) {
    char digits[] = "0.00";
    (void)s; (void)id;
    digits[0] = (char)('0' + (int)value); digits[2] = (char)('0' + (int)(value * 10) % 10);
    digits[3] = (char)('0' + (int)(value * 100) % 10);
    say(text, digits);
    return OK;
}
static double same(void *s, uint32_t id, double value) { (void)s; (void)id; return value; }
static double value_of(void *s, uint32_t id) { return id < PARAMETERS ? OBJECT(s, AS_CONTROLLER)->values[id] : 0; }
static result set_value(void *s, uint32_t id, double value) {
    if (id >= PARAMETERS) return INVALID;
    OBJECT(s, AS_CONTROLLER)->values[id] = value;
    return OK;
}
static void *no_view(void) { return NULL; }

#define F (void *)
static void *const components[] = {F ask_component, F hold_component, F drop_component, F fine, F fine, F no_class,
    F fine, F bus_count, F about_bus, F not_ours, F fine, F activate, F fine, F fine};
static void *const processors[] = {F ask_processor, F hold_processor, F drop_processor, F arrange, F arrangement,
    F sample_size, F latency, F fine, F fine, F process, F tail};
static void *const controllers[] = {F ask_controller, F hold_controller, F drop_controller, F fine, F fine, F fine,
    F fine, F fine, F parameter_count, F about_parameter, F value_text, F not_ours, F same, F same, F value_of,
    F set_value, F fine, F no_view};

static result ask_factory(void *s, iid wanted, void **found) {
    *found = memcmp(wanted, UNKNOWN, 16) && memcmp(wanted, FACTORY, 16) ? NULL : s;
    return *found ? OK : UNKNOWN_INTERFACE;
}
static uint32_t one(void) { return 1; }
static result about_factory(void *s, char *info) {
    (void)s;
    memset(info, 0, 64 + 256 + 128 + 4);
    strcpy(info, "StemStudio tests");
    return OK;
}
static int32_t class_count(void *s) { (void)s; return 1; }
static result about_class(void *s, int32_t index, uint8_t *info) {
    (void)s;
    if (index) return INVALID;
    memset(info, 0, 16 + 4 + 32 + 64);
    memcpy(info, OURS, 16);
    *(int32_t *)(info + 16) = 0x7FFFFFFF;
    strcpy((char *)info + 20, "Audio Module Class");
    strcpy((char *)info + 52, "Fragile");
    return OK;
}
static result make(void *s, iid class, iid wanted, void **found) {
    (void)s;
    *found = NULL;
    if (memcmp(class, OURS, 16)) return INVALID;
    object *o = calloc(1, sizeof *o);
    if (!o) return INVALID;
    o->component = components; o->processor = processors; o->controller = controllers; o->values[0] = 0.5;
    result answer = ask(o, wanted, found);
    if (answer) free(o);
    return answer;
}
static void *const factories[] = {F ask_factory, F one, F one, F about_factory, F class_count, F about_class, F make};
static const void *factory = factories;

__attribute__((visibility("default"))) void *GetPluginFactory(void) { return &factory; }
__attribute__((visibility("default"))) uint8_t ModuleEntry(void *handle) { (void)handle; return 1; }
__attribute__((visibility("default"))) uint8_t ModuleExit(void) { return 1; }
