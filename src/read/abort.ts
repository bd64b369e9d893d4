export { type Abortable, addAbortable, removeAbortable, type Signal } from '../abort.js';
